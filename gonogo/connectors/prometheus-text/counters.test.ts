import { describe, expect, test } from 'vitest'
import { metricsSettingsSchema, type TextSettings } from '#core/metrics-settings.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { countersIn } from './index.ts'

const settings = metricsSettingsSchema.parse({ source: 'instances' }) as TextSettings
const read = (text: string) => countersIn(text, settings, 'http://instance/metrics')
const TYPES = '# TYPE http_requests_total counter\n# TYPE http_request_duration_seconds histogram\n'
const TEXT = `# HELP http_requests_total Requests answered
${TYPES}http_requests_total{route="/v1/a",status="200"} 90
http_requests_total{route="/v1/b",status="200"} 7 1700000000000
http_requests_total{route="/v1/b",status="503"} 3
http_requests_total{route="/health",status="500"} 1000
http_request_duration_seconds_bucket{le="0.1",route="/v1/a",status="200"} 80
http_request_duration_seconds_bucket{le="+Inf",route="/v1/a",status="200"} 90
http_request_duration_seconds_bucket{le="0.1",route="/v1/b",status="503"} 0
http_request_duration_seconds_bucket{le="+Inf",route="/v1/b",status="503"} 10
http_request_duration_seconds_sum{route="/v1/a",status="200"} 12
process_cpu_seconds_total 12.5
`

describe('the counters in one instance’s text', () => {
  test('are summed over users’ traffic, failures by the whole status, durations in ms', () => {
    expect(read(TEXT)).toEqual({
      requests: 100,
      errors: 3,
      buckets: [
        { leMs: 100, count: 80 },
        { leMs: Number.POSITIVE_INFINITY, count: 100 },
      ],
    })
  })

  test('are zero for an instance that was asked nothing yet, and only where it names the metrics', () => {
    expect(read(TYPES)).toEqual({ requests: 0, errors: 0, buckets: [] })
    expect(() => read('process_cpu_seconds_total 12.5\n')).toThrow('there is no metric http_requests_total')
    expect(() => read('<!doctype html><title>app</title>\n')).toThrow(ReadingProblem)
    expect(() => read('')).toThrow(ReadingProblem)
  })

  test('keep what is no number as it is, so that it is taken for garbage and not for zero', () => {
    expect(read(TEXT.replace('} 90\n', '} NaN\n')).requests).toBeNaN()
    expect(read(TEXT.replace('} 7 ', '} +Inf ')).requests).toBe(Number.POSITIVE_INFINITY)
  })

  test('understand escapes and spaces in labels', () => {
    const odd = `${TYPES}http_requests_total{ route = "a\\"b\\\\,}" , status="500" } 2\n`
    expect(read(odd)).toMatchObject({ requests: 2, errors: 2 })
  })

  test.each([
    ['a text that is cut off', TEXT.slice(0, -4), 'does not end with a line feed'],
    ['a value that is none', TEXT.replace('} 90\n', '} ninety\n'), 'line 4: “http_requests_total'],
    ['an empty value', TEXT.replace('} 90\n', '}\n'), 'is no sample'],
    ['a label without quotes', TEXT.replace('status="503"', 'status=503'), 'is no label'],
    [
      'a series that stands there twice',
      TEXT.replace('status="503"} 3', 'status="200"} 3'),
      'stands there twice',
    ],
    ['a counter without a status', `${TYPES}http_requests_total 4\n`, 'has no label status'],
  ])('refuse %s', (_name, text, reason) => {
    expect(() => read(text)).toThrow(reason)
  })
})
