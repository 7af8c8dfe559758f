import type { PodSpec } from './schema.ts'

export type References = { readonly secrets: readonly string[]; readonly configMaps: readonly string[] }

/** Every Secret and ConfigMap that pods of these specifications take something from, by name. */
export function referencesOf(specs: readonly PodSpec[]): References {
  const secrets = new Set<string | undefined>()
  const configMaps = new Set<string | undefined>()
  for (const { containers, initContainers, volumes, imagePullSecrets } of specs) {
    for (const { env, envFrom } of [...containers, ...initContainers]) {
      for (const { valueFrom } of env) {
        secrets.add(valueFrom?.secretKeyRef?.name)
        configMaps.add(valueFrom?.configMapKeyRef?.name)
      }
      for (const { secretRef, configMapRef } of envFrom) {
        secrets.add(secretRef?.name)
        configMaps.add(configMapRef?.name)
      }
    }
    for (const volume of volumes)
      for (const { secret, configMap } of [volume, ...(volume.projected?.sources ?? [])]) {
        secrets.add(secret?.secretName ?? secret?.name)
        configMaps.add(configMap?.name)
      }
    for (const { name } of imagePullSecrets) secrets.add(name)
  }
  const named = (names: ReadonlySet<string | undefined>) =>
    [...names].filter((one) => one !== undefined).sort()
  return { secrets: named(secrets), configMaps: named(configMaps) }
}
