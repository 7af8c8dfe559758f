import { z } from 'zod'

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
}

/** A quantity as Kubernetes writes it (`250m`, `128Mi`, `2`), in cores or bytes; null when it is not one. */
export function parseQuantity(text: string): number | null {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([numkMGTPE]|[KMGTPE]i|[eE][+-]?\d+)?$/.exec(text) ?? []
  if (number === undefined) return null
  const factor = UNITS[unit]
  return factor === undefined ? Number(`${number}${unit}`) : Number(number) * factor
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
