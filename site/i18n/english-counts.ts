import type { Formats } from "./formats.ts";

export function filesIn(format: Formats): (count: number) => string {
  return (count) => `${format.number(count)} ${count === 1 ? "file" : "files"}`;
}

export function are(count: number): string {
  return count === 1 ? "is" : "are";
}

export function were(count: number): string {
  return count === 1 ? "was" : "were";
}

export function them(count: number): string {
  return count === 1 ? "it" : "them";
}
