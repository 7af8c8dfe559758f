import { z } from 'zod'

/** `gh api repos/OWNER/REPO/commits/SHA/check-runs`, in one page or as an array of pages (`--paginate --slurp`). */
const pageSchema = z.object({
  total_count: z.number().int().nonnegative(),
  check_runs: z.array(
    z.object({
      id: z.number().int(),
      name: z.string(),
      head_sha: z.string(),
      status: z.string(),
      conclusion: z.string().nullable(),
      html_url: z.string().nullish(),
      started_at: z.string().nullish(),
    }),
  ),
})

export const checkRunsSchema = z.union([pageSchema, z.array(pageSchema).min(1)])
