import { expect, it } from "vitest";
import { fileAtPlace, placeOf } from "./places.ts";

it.each([[[]], [[0]], [[4]], [[0, 1, 2]], [[1, 2, 5, 9]]])(
  "leaves out the replaced files %j",
  (replaced) => {
    const shown = Array.from({ length: 12 }, (_, id) => id).filter((id) => !replaced.includes(id));
    expect(shown.map((_, place) => fileAtPlace(replaced, place))).toEqual(shown);
    expect(shown.map((file) => placeOf(replaced, file))).toEqual([...shown.keys()]);
  },
);
