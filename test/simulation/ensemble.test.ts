import { expect, test } from "bun:test";
import { Ensemble } from "./ensemble/ensemble.ts";
import { Random } from "./random.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { Timeline } from "./timeline.ts";

test("ensemble: what was held up between two servers arrives ahead of what is said later", () => {
  const timeline = new Timeline();
  const random = new Random(1, "ensemble");
  const network = new SimulatedNetwork(timeline, random);
  const options = { size: 3, tickMs: 500, syncLimit: 10, pingsOvertake: false };
  const ensemble = new Ensemble(timeline, random, network, options);
  const pass = (untilMs: number): void => {
    while (timeline.step(untilMs));
  };
  pass(5_000);
  const [one, other] = ensemble.servers;
  if (one === undefined || other === undefined) throw new Error("the ensemble has servers");
  let sent = 0;
  const received: number[] = [];
  const say = (): void => {
    const word = (sent += 1);
    ensemble.send(one, other, () => received.push(word));
  };
  network.cut(one.host, other.host);
  say();
  pass(5_100);
  network.heal(one.host, other.host);
  ensemble.healed(one, other);
  for (let round = 0; round < 10; round += 1) say();
  pass(5_200);
  expect(received).toEqual(Array.from({ length: sent }, (_, index) => index + 1));
});
