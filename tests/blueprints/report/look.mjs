// Opens pages in Chromium without a network and prints, as JSON, what a reader would meet in them.
// usage: node look.mjs CHROMIUM NODE_MODULES OUT PAGE[=VIEW,VIEW]...
// Default: every view. axe takes seconds for a view of a large page.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [executablePath, modules, out, ...pages] = process.argv.slice(2);
const require = createRequire(path.join(modules, "x.js"));
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = [
  ["light", { width: 1280, height: 900 }, "light"],
  ["dark", { width: 1280, height: 900 }, "dark"],
  ["phone", { width: 360, height: 740 }, "light"],
  ["phone-dark", { width: 360, height: 740 }, "dark"],
];

const PAPER = 1031; // A4 across without its margins, in CSS pixels

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const found = {};
for (const [file, views] of pages.map((item) => item.split("="))) {
  const name = path.basename(file, ".html");
  found[name] = {};
  for (const [view, viewport, colorScheme] of VIEWS) {
    if (views && !views.split(",").includes(view)) continue;
    const context = await browser.newContext({ viewport, colorScheme, offline: true, bypassCSP: true });
    const page = await context.newPage();
    const errors = [];
    const requests = [];
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("request", (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.screenshot({ path: path.join(out, `${name}-${view}.png`), fullPage: true });
    await page.evaluate(() => document.querySelectorAll("details").forEach((item) => (item.open = true)));
    found[name][view] = {
      errors,
      requests: requests.filter((url) => !url.startsWith("file:") && !url.startsWith("data:")),
      violations: await check(page),
      ...(await page.evaluate(look)),
    };
    await context.close();
  }
  // The page as it is delivered: its own policy holds, and a keyboard finds its way.
  const context = await browser.newContext({ offline: true });
  const page = await context.newPage();
  const refused = [];
  page.on("console", (message) => message.type() === "error" && refused.push(message.text()));
  await page.goto(pathToFileURL(file).href);
  await page.keyboard.press("Tab");
  const first = await page.evaluate(() => document.activeElement.className);
  await page.keyboard.press("Enter");
  const skipped = await page.evaluate(() => document.activeElement.id);
  let summaries = 0;
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press("Tab");
    const opened = await page.evaluate(() => document.activeElement.tagName === "SUMMARY");
    if (!opened) continue;
    await page.keyboard.press("Enter");
    if (await page.evaluate(() => document.activeElement.parentElement.open)) summaries += 1;
  }
  await page.reload();
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize({ width: PAPER, height: 720 });
  const clipped = await page.evaluate(() =>
    [...document.querySelectorAll("table, svg, pre")].filter((item) => item.getBoundingClientRect().right > innerWidth + 1)
      .map((item) => item.caption?.textContent ?? item.tagName));
  const hidden = await page.evaluate(() =>
    [...document.querySelectorAll("details > :not(summary)")].filter((item) => item.getBoundingClientRect().height === 0)
      .length);
  const pdf = path.join(out, `${name}.pdf`);
  await page.pdf({ path: pdf, preferCSSPageSize: true });
  found[name].delivered = { refused, first, skipped, summaries, hidden, clipped, pdf };
  await context.close();
}
await browser.close();
console.log(JSON.stringify(found));

async function check(page) {
  await page.evaluate(axe);
  const result = await page.evaluate(() =>
    axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  return result.violations.map((item) => `${item.id}: ${item.nodes.length}: ${item.nodes[0].target.join(" ")}: ${item.nodes[0].failureSummary}`);
}

function look() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = ([r, g, b]) =>
    [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  // What lies under a text of a picture: its own node's shape, or else what the page shows there.
  const under = (text) => {
    const shape = text.closest(".node")?.querySelector("polygon, path, ellipse");
    const fill = shape ? rgba(getComputedStyle(shape).fill) : [0, 0, 0, 0];
    if (fill[3] === 255) return fill;
    for (let item = text; item; item = item.parentElement) {
      const colour = rgba(getComputedStyle(item).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return rgba("Canvas");
  };
  const texts = [...document.querySelectorAll("svg text")];
  const ids = [...document.querySelectorAll("[id]")].map((item) => item.id);
  return {
    overflow: document.documentElement.scrollWidth - innerWidth,
    texts: texts.length,
    contrast: Math.min(...texts.map((text) => contrast(rgba(getComputedStyle(text).fill), under(text)))),
    twice: ids.filter((id, index) => ids.indexOf(id) !== index),
    dangling: [...document.querySelectorAll('a[href^="#"]')].map((item) => item.getAttribute("href").slice(1))
      .filter((id) => !ids.includes(id)),
    headings: [...document.querySelectorAll("h2")].map((item) => item.id),
  };
}
