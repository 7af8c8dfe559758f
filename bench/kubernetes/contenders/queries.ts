/** PromQL over the router's counters of the Services whose names in Traefik match. Rivals ask with these. */
export const queriesOf = (service: string, window: string) => {
  const total = `sum(rate(traefik_service_requests_total{service=~"${service}"}[${window}]))`
  const good = `(sum(rate(traefik_service_requests_total{service=~"${service}",code!~"5.."}[${window}])) or vector(0))`
  const buckets = `sum(rate(traefik_service_request_duration_seconds_bucket{service=~"${service}"}[${window}])) by (le)`
  return {
    /** 0…1; where nothing succeeds there is no series of successes. */
    successShare: `${good} / ${total}`,
    /** Seconds. */
    quantile: (quantile: number) => `histogram_quantile(${quantile}, ${buckets})`,
  }
}
