import { expect, test } from 'vitest'
import { Turns } from './turns.ts'

const scale = (version: string, key: string) => ({ method: 'scale', version, replicas: 0, key }) as const
const back = { method: 'revert', version: '1.0.0', drop: '1.1.0', key: 'back' } as const

test('whoever has asked to go back overtakes what was asked for before, of either version, and nothing else', () => {
  const turns = new Turns()
  const shrink = turns.take(scale('1.0.0', 'shrink'))
  const grow = turns.take(scale('1.1.0', 'grow'))
  const other = turns.take(scale('0.9.0', 'other'))
  const shares = turns.take({ method: 'setWeights', weights: { '1.0.0': 50, '1.1.0': 50 }, key: 'half' })
  expect([shrink, grow, other, shares].map((isOvertaken) => isOvertaken())).toEqual([
    false,
    false,
    false,
    false,
  ])
  const goesBack = turns.take(back)
  const later = turns.take(scale('1.1.0', 'later'))
  expect([shrink, grow, other, shares].map((isOvertaken) => isOvertaken())).toEqual([true, true, false, true])
  expect([goesBack, later].map((isOvertaken) => isOvertaken())).toEqual([false, false])
})

test('whoever takes a first version away overtakes what was asked for it before, and not what is kept', () => {
  const turns = new Turns()
  const [gone, kept] = [turns.take(scale('1.1.0', 'gone')), turns.take(scale('1.0.0', 'kept'))]
  turns.take({ method: 'cleanup', keep: ['1.0.0'], key: 'cleanup' })
  const later = turns.take(scale('1.1.0', 'later'))
  expect([gone, kept, later].map((isOvertaken) => isOvertaken())).toEqual([true, false, false])
})
