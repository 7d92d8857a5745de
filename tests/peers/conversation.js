// The conversation of both servers: a greeting, and an answer to each {clientText, num, to}, by
// `to` and by whether num is over 6.
'use strict';

exports.greeting = {serverText: 'server:hello…', clientText: 'client:你好'};

// {toAll, answer}, or {close} for an unknown recipient.
exports.reply = (text) => {
  const {clientText, num, to} = JSON.parse(text);
  const size = num > 6 ? 'over 6' : 'not over 6';
  const answer = {serverText: `server:${num} is ${size}`, clientText};
  switch (to) {
    case 'server':
      return {toAll: false, answer};
    case 'all':
      return {toAll: true, answer};
    default:
      return {close: {code: 4000, reason: `there is no ${to}`}};
  }
};

// The argument after `name`, if given.
exports.option = (name) => {
  const index = process.argv.indexOf(name);
  return index < 0 ? undefined : process.argv[index + 1];
};

// The value of `--port`.
exports.port = () => Number(exports.option('--port') ?? 3000);

// Prints where the server listens. Ends it when its standard input or output closes.
exports.announce = (port) => {
  process.stdout.on('error', () => process.exit());
  console.log(`listening on ws://127.0.0.1:${port}`);
  process.stdin.on('close', () => process.exit()).resume();
};
