import { defineArea } from './area.js'

defineArea('responses')
