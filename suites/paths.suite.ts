import { defineArea } from './area.js'

defineArea('paths')
