/** The fault that the variable FAULT names. Throws for one that there is not: a drill must not run without its fault. */
export function faultOf<T>(faults: Readonly<Record<string, T>>): T {
  const name = process.env.FAULT ?? ''
  const fault = faults[name]
  if (fault === undefined) throw new Error(`FAULT is one of ${Object.keys(faults).join(', ')}, not “${name}”`)
  return fault
}
