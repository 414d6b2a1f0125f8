import { defineArea } from './area.js'

defineArea('keys')
