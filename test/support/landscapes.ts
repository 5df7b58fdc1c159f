import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../simulation/random.ts";
import { encodePng } from "./images.ts";

type Color = readonly [red: number, green: number, blue: number];

/** Colors of one time of day. */
interface Light {
  zenith: Color;
  horizon: Color;
  sun: Color;
  /** Color of the nearest ridge. The ridges behind it fade towards the horizon. */
  ridge: Color;
}

interface Scene {
  light: Light;
  /** Position of the sun, as shares of the picture's width and height. */
  sun: readonly [x: number, y: number];
  /** Outlines of the ridges, back to front, as shares of the picture's height. */
  ridges: readonly ((x: number) => number)[];
}

const WIDTH = 320;
const HEIGHT = 240;
/** Amplitude of the film grain, in steps of a channel. */
const GRAIN = 24;
const RIDGES = 4;

const LIGHTS: readonly Light[] = [
  { zenith: [52, 94, 160], horizon: [226, 226, 214], sun: [255, 250, 225], ridge: [34, 66, 58] },
  { zenith: [58, 48, 96], horizon: [246, 164, 104], sun: [255, 226, 150], ridge: [46, 30, 52] },
  { zenith: [104, 152, 190], horizon: [240, 236, 220], sun: [255, 255, 255], ridge: [72, 92, 62] },
  { zenith: [30, 42, 74], horizon: [150, 130, 160], sun: [245, 235, 220], ridge: [16, 24, 38] },
  { zenith: [196, 112, 96], horizon: [250, 214, 160], sun: [255, 240, 200], ridge: [88, 46, 40] },
];

/** Writes that many different landscapes into a folder: PNG files of about 200 KB. */
export async function writeLandscapes(folder: string, count: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let number = 1; number <= count; number++) {
    const name = `IMG_${String(number).padStart(4, "0")}.png`;
    await writeFile(join(folder, name), encodePng(WIDTH, HEIGHT, pixelsOf(sceneOf(number))));
  }
}

/** Returns the scene with that number, the same one in every run. */
function sceneOf(number: number): Scene {
  const random = new Random(number);
  const light = LIGHTS[Math.floor(random.fraction() * LIGHTS.length)] ?? LIGHTS[0];
  if (!light) throw new Error("There are no lights.");
  return {
    light,
    sun: [0.15 + random.fraction() * 0.7, 0.15 + random.fraction() * 0.35],
    ridges: Array.from({ length: RIDGES }, (_, index) => {
      const height = 0.45 + (index / RIDGES) * 0.5;
      return ridgeOf(random, height);
    }),
  };
}

function ridgeOf(random: Random, height: number): (x: number) => number {
  const waves = [1, 2, 5, 11].map((frequency) => {
    const turn = random.fraction() * 2 * Math.PI;
    const swing = (0.09 * (0.5 + random.fraction())) / frequency;
    return (x: number) => swing * Math.sin(2 * Math.PI * frequency * x + turn);
  });
  return (x) => waves.reduce((sum, wave) => sum + wave(x), height);
}

function pixelsOf(scene: Scene): Uint8Array {
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let column = 0; column < WIDTH; column++) {
    const x = column / WIDTH;
    const outlines = scene.ridges.map((ridge) => ridge(x));
    for (let line = 0; line < HEIGHT; line++) {
      const color = colorAt(scene, outlines, [x, line / HEIGHT]);
      const grain = (Math.random() - 0.5) * GRAIN;
      pixels.set(
        color.map((channel) => Math.min(255, Math.max(0, channel + grain))),
        (line * WIDTH + column) * 3,
      );
    }
  }
  return pixels;
}

function colorAt(
  { light, sun }: Scene,
  outlines: readonly number[],
  [x, y]: readonly [number, number],
): Color {
  const nearest = outlines.findLastIndex((outline) => y > outline);
  if (nearest >= 0) return mix(light.horizon, light.ridge, (nearest + 1) / RIDGES);
  const sky = mix(light.zenith, light.horizon, Math.min(1, y / 0.6));
  const distance = Math.hypot(x - sun[0], (y - sun[1]) * (HEIGHT / WIDTH));
  return mix(sky, light.sun, distance < 0.05 ? 1 : Math.exp(-distance * 7) * 0.7);
}

function mix(one: Color, other: Color, share: number): Color {
  const channel = (index: 0 | 1 | 2) => one[index] + (other[index] - one[index]) * share;
  return [channel(0), channel(1), channel(2)];
}
