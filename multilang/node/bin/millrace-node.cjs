#!/usr/bin/env node
'use strict';

require('../lib/command.cjs')
  .main(process.argv.slice(2))
  .then((code) => {
    process.exitCode = code;
  });
