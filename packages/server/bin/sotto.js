#!/usr/bin/env node
import { runSotto } from '../dist/main.js';

process.exitCode = await runSotto(process.argv.slice(2));
