import { readinessDrill, readyWith } from '../live/readiness-drill.ts'

const config = { dependencies: ['model', 'skills'] }
const fine = { model: { ok: true }, skills: { ok: true } }

export const drill = readinessDrill('3.3.1.6', config, { dependencies: fine }, [
  readyWith('one that does not answer', 'fail', {
    dependencies: { ...fine, skills: { ok: false, error: 'refused' } },
  }),
  readyWith('a word instead of a state', 'fail', { dependencies: { ...fine, skills: 'ok' } }),
  readyWith('one that no instance has tried', 'unknown', { dependencies: { model: { ok: true } } }),
  readyWith('no word of any', 'unknown', {}),
])
