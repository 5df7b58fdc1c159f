import { expect, it } from "vitest";
import { inNaturalOrder, MOST_ORDERED } from "./natural-order.ts";

const text = (item: string): string => item;

it("puts 2 before 10, and keeps the order of equal names", () => {
  expect(inNaturalOrder(["10.jpg", "2.jpg", "b", "a"], text)).toEqual([
    "2.jpg",
    "10.jpg",
    "a",
    "b",
  ]);
  const [first, second] = [{ name: "a" }, { name: "a" }];
  const sorted = inNaturalOrder([first, second], ({ name }) => name);
  expect(sorted[0]).toBe(first);
});

it("leaves many items as they are: sorting them would delay the first one", () => {
  const many = Array.from({ length: MOST_ORDERED + 1 }, (_, index) => `${MOST_ORDERED - index}`);
  expect(inNaturalOrder(many, text)).toBe(many);
});
