// One directory of reports: the JSON against its schema, the JUnit file as a program reads it, the page in a browser at
// two widths, light and dark, for accessibility and for what does not fit. Screenshots go to the folder of pictures.
//
//   node check.js DIR SCHEMA PICTURES
import Ajv from "ajv/dist/2020.js";
import axe from "axe-core";
import { parse } from "junit2json";
import puppeteer from "puppeteer-core";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const [dir, schema, pictures] = process.argv.slice(2);
const read = (file) => fs.readFileSync(file, "utf8");
let faults = 0;
const expect = (good, what) => {
  if (good) return;
  console.error(`${dir}: ${what}`);
  faults++;
};

const report = JSON.parse(read(path.join(dir, "report.json")));
const validate = new Ajv.default({ allErrors: true, allowUnionTypes: true }).compile(JSON.parse(read(schema)));
expect(validate(report), `report.json is not as its schema: ${JSON.stringify(validate.errors?.slice(0, 3))}`);

const junit = await parse(read(path.join(dir, "report.junit.xml")));
const cases = junit.testsuite.flatMap((suite) => suite.testcase ?? []);
const failures = cases.filter((one) => one.failure?.length).length;
const errors = cases.filter((one) => one.error?.length).length;
expect(cases.length === junit.tests, `${cases.length} test cases, and tests="${junit.tests}"`);
expect(failures === junit.failures, `${failures} failures, and failures="${junit.failures}"`);
expect(errors === junit.errors, `${errors} errors, and errors="${junit.errors}"`);
expect(cases.length === 3 + report.tables.length + report.verification.checks.length, "not one test case a check");

const profile = fs.mkdtempSync(path.join(os.tmpdir(), "idmigrate-browser-"));
const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  userDataDir: profile,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
for (const [name, width, height] of [["desktop", 1280, 900], ["phone", 390, 844]])
  for (const scheme of ["light", "dark"]) {
    const page = await browser.newPage();
    const asked = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.setViewport({ width, height });
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
    await page.goto(`file://${path.resolve(dir, "report.html")}`);
    await page.screenshot({ path: path.join(pictures, `${path.basename(dir)}-${name}-${scheme}.png`) });
    expect(asked.length === 1, `the page loads ${asked.slice(1).join(" ")}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide <= 0, `${name}: the page is ${wide} pixels too wide`);
    await page.evaluate(axe.source);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const one of found.violations) expect(false, `${name}, ${scheme}: ${one.id}: ${one.nodes[0].html.slice(0, 80)}`);
    await page.close();
  }
await browser.close();
fs.rmSync(profile, { recursive: true, force: true });
console.log(`${dir}: ${cases.length} test cases, ${report.tables.length} tables: ${faults} faults`);
process.exit(faults === 0 ? 0 : 1);
