import { expect, test } from "vitest";
import { configText, interfacesText, linkTypesText, personalFolder } from "../../../src/tools/extcap/index.ts";

test("sentences of a word and values in braces, a line each", () => {
  const points = [{ name: "vethlab-lab-ve0", display: "vethlab lab: ve0 in lab-a" }];
  expect(interfacesText("1.2.3", "https://example.org", points)).toBe(
    "extcap {version=1.2.3}{help=https://example.org}{display=vethlab: virtual Ethernet labs}\n" +
      "interface {value=vethlab-lab-ve0}{display=vethlab lab: ve0 in lab-a}\n",
  );
  expect(interfacesText("1", "x", [])).toBe("extcap {version=1}{help=x}{display=vethlab: virtual Ethernet labs}\n");
  expect(linkTypesText()).toBe("dlt {number=1}{name=EN10MB}{display=Ethernet}\n");
  for (const line of configText().trimEnd().split("\n"))
    expect(line).toMatch(
      /^arg \{number=\d\}\{call=--[a-z]+\}\{display=[^{}]+\}\{tooltip=[^{}]+\}\{type=(integer|boolflag)\}/,
    );
});

test("a name cannot end its sentence", () => {
  expect(interfacesText("1", "x", [{ name: "a}{b", display: "c\nd" }]).split("\n")[1]).toBe(
    "interface {value=a  b}{display=c d}",
  );
});

test("the personal folder: as Wireshark 4.2 says it, or within the configuration's", () => {
  const old =
    "Temp:                \t/tmp\nPersonal configuration:\t/home/me/.config/wireshark\nExtcap path: \t/usr/lib/wireshark/extcap\n";
  expect(personalFolder(old)).toBe("/home/me/.config/wireshark/extcap");
  expect(personalFolder(`${old}Personal Extcap path:\t/home/me/.local/lib/wireshark/extcap\n`)).toBe(
    "/home/me/.local/lib/wireshark/extcap",
  );
  expect(personalFolder("something else\n")).toBeNull();
});
