/** The version of this source tree; CLAWDBOT_VERSION overrides it for a rebuilt image. */
export const VERSION = '1.2.4'
