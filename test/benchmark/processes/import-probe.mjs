// Imports the given packages in a fresh process and says what that cost.
const names = process.argv.slice(2);
const cpuBefore = process.cpuUsage();
const started = performance.now();
for (const name of names) await import(name);
const ms = performance.now() - started;
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ ms, cpu: (user + system) / 1000, rss: process.memoryUsage.rss() / 2 ** 20 }));
