import { defineArea } from './area.js'

defineArea('authorization')
