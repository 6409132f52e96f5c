#!/usr/bin/env node
'use strict';

// Timers and sockets of the user's module do not keep the process from ending.
require('../lib/command.cjs')
  .main(process.argv.slice(2))
  .then((code) => process.exit(code));
