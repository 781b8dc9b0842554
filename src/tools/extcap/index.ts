/** Labs as capture interfaces inside Wireshark: its protocol, and where its programs lie. */
export { type InstallError, install, personalFolder, uninstall } from "./install.ts";
export { type CapturePoint, configText, EXPLAIN, interfacesText, linkTypesText, SNAPLEN } from "./protocol.ts";
