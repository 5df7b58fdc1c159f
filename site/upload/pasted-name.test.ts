import { expect, it } from "vitest";
import { pastedName } from "./pasted-name.ts";

const textOf = (moment: string) => `Pasted ${moment}`;
const picture = (name: string) => new File(["x"], name);

it("names pictures by the moment of the paste, each differently", () => {
  const at = new Date(2026, 0, 2, 3, 4, 5);
  const later = new Date(2026, 0, 2, 3, 4, 6);
  expect(pastedName(picture("image.png"), at, textOf)).toBe("Pasted 2026-01-02 03.04.05.png");
  expect(pastedName(picture("image.jpeg"), at, textOf)).toBe("Pasted 2026-01-02 03.04.05 (2).jpeg");
  expect(pastedName(picture("image"), later, textOf)).toBe("Pasted 2026-01-02 03.04.06");
});
