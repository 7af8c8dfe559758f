import fc from 'fast-check'

// The same cases on every run, so that a change is judged by itself; `PROPERTY_SEED=n npm test` tries others.
fc.configureGlobal({ seed: Number(process.env.PROPERTY_SEED ?? 20260514) })
