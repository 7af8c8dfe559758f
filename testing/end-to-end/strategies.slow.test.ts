import { makeWorld } from '../crash/world.ts'
import { describeStrategies } from './strategies.ts'

describeStrategies('processes', makeWorld)
