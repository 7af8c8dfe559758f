import { testDrills } from '../test-drills.ts'
import * as section from './index.ts'

testDrills(section)
