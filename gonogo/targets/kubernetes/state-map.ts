import type { KubernetesObject } from '@kubernetes/client-node'
import { type ClusterApi, statusOf } from './cluster-api.ts'
import { emptyState, type SavedState, savedStateSchema } from './saved-state.ts'

const KEY = 'state'
/** A ConfigMap holds 1 MiB; outcomes are short. */
const CALLS_KEPT = 200

type ConfigMap = KubernetesObject & { data?: Record<string, string> }

/** Somebody else wrote the state since it was read. */
export class StateConflict extends Error {
  override readonly name = 'StateConflict'
}

/** What was declared, kept in a ConfigMap, so that whoever opens the environment next goes on with it. */
export class StateMap {
  readonly #api: ClusterApi
  readonly #name: string
  #map: ConfigMap | null
  #saving: Promise<void> = Promise.resolve()
  state: SavedState
  /** Nothing was written here before. */
  readonly isNew: boolean

  private constructor(api: ClusterApi, name: string, map: ConfigMap | null) {
    this.#api = api
    this.#name = name
    this.#map = map
    const text = map?.data?.[KEY]
    this.isNew = !text
    this.state = text ? savedStateSchema.parse(JSON.parse(text)) : emptyState()
  }

  static async open(api: ClusterApi, of: string): Promise<StateMap> {
    const name = `gonogo-${of}`
    return new StateMap(api, name, await api.read<ConfigMap>('v1', 'ConfigMap', name))
  }

  /** Takes what another gonogo has written since, unless a call of this one is under way by then. */
  async refresh(isBusy: () => boolean): Promise<void> {
    if (isBusy()) return
    const map = await this.#api.read<ConfigMap>('v1', 'ConfigMap', this.#name)
    const text = map?.data?.[KEY]
    if (isBusy() || !text || map?.metadata?.resourceVersion === this.#map?.metadata?.resourceVersion) return
    this.#map = map
    this.state = savedStateSchema.parse(JSON.parse(text))
  }

  /** Throws a StateConflict when another gonogo wrote it meanwhile; nothing is written then. */
  save(): Promise<void> {
    // How the save before ended is told to whoever began it; this one writes the whole state anyway.
    const saved = this.#saving.catch(() => undefined).then(() => this.#write())
    this.#saving = saved
    return saved
  }

  async #write(): Promise<void> {
    this.state.calls.splice(0, this.state.calls.length - CALLS_KEPT)
    const map: ConfigMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: this.#name,
        namespace: this.#api.namespace,
        ...(this.#map?.metadata?.resourceVersion && { resourceVersion: this.#map.metadata.resourceVersion }),
      },
      data: { [KEY]: JSON.stringify(this.state) },
    }
    try {
      this.#map = this.#map ? await this.#api.replace(map) : await this.#api.create(map)
    } catch (error) {
      if (statusOf(error) !== 409) throw error
      // Asked again after its answer was lost, the API knows of a newer one: this one.
      const stored = await this.#api.read<ConfigMap>('v1', 'ConfigMap', this.#name)
      if (stored && stored.data?.[KEY] === map.data?.[KEY]) {
        this.#map = stored
        return
      }
      throw new StateConflict(
        `ConfigMap ${this.#name} was written by somebody else; another gonogo works on it: wait for it, then start again`,
        { cause: error },
      )
    }
  }
}
