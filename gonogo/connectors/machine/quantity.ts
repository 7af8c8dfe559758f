import { z } from 'zod'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
}

/** A quantity as Kubernetes writes it (`250m`, `128Mi`, `2`), in cores or bytes; null when it is not one. */
export function parseQuantity(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.exec(text) ?? []
  return number === undefined ? null : Number(number) * (UNITS[unit] ?? 1)
}

/** A quantity above zero in the service file: its text, and its value in cores or bytes. */
export const quantitySchema = z
  .union([z.string(), z.number().transform(String)])
  .refine((text) => (parseQuantity(text) ?? 0) > 0, 'a quantity above zero such as 250m, 128Mi or 2')
  .transform((text) => ({ text, value: parseQuantity(text) ?? 0 }))

/** `1.5 GiB`, `128 MiB`. */
export function formatBytes(bytes: number): string {
  const mebibytes = bytes / 2 ** 20
  return mebibytes >= 1024 ? `${(mebibytes / 1024).toFixed(1)} GiB` : `${Math.floor(mebibytes)} MiB`
}
