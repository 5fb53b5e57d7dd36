// Plain JavaScript: this file has to run on the Node that is too old for the rest.
const oldestNode = [22, 19];

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const isTooOld = major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1]);

if (isTooOld) {
  console.error(
    [
      '',
      `This is Node ${process.versions.node}; the workspace needs ${oldestNode.join('.')} or newer.`,
      'It brings its own Node (the "node" package in devDependencies), which the npm scripts use. That one is missing:',
      'either `npm ci` has not run, or it ran with install scripts switched off (`--ignore-scripts`, or',
      '`ignore-scripts=true` in an .npmrc). Run',
      '',
      '    npm ci --ignore-scripts=false',
      '',
      'or put a newer Node first on the PATH.',
      '',
    ].join('\n'),
  );
  process.exit(1);
}
