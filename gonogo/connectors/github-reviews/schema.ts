import { z } from 'zod'

const sha = z.string().regex(/^[0-9a-f]{40}$/, 'a full commit hash')
const userSchema = z.object({ login: z.string().min(1), type: z.string().optional() })
const gitPersonSchema = z.object({
  name: z.string().optional(),
  email: z.string(),
  date: z.iso.datetime({ offset: true }),
})

/** One pull request as GitHub's REST API has it, with its reviews and commits in it. */
const pullSchema = z.object({
  number: z.number().int(),
  html_url: z.string(),
  user: userSchema.nullable(),
  merged_at: z.iso.datetime({ offset: true }).nullable(),
  merge_commit_sha: sha.nullable(),
  head: z.object({ sha }),
  base: z.object({ ref: z.string() }),
  reviews: z.array(
    z.object({
      user: userSchema.nullable(),
      state: z.enum(['APPROVED', 'CHANGES_REQUESTED', 'COMMENTED', 'DISMISSED', 'PENDING']),
      submitted_at: z.iso.datetime({ offset: true }).nullish(),
      commit_id: sha.nullable(),
      author_association: z.string().optional(),
    }),
  ),
  commits: z
    .array(
      z.object({
        sha,
        author: userSchema.nullable(),
        committer: userSchema.nullish(),
        commit: z.object({
          author: gitPersonSchema,
          committer: gitPersonSchema.optional(),
          message: z.string(),
        }),
      }),
    )
    .min(1),
})

export const pullsSchema = z.array(pullSchema)
export type PullRequest = z.infer<typeof pullSchema>
