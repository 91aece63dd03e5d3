declare module 'ios-device-list' {
  interface AppleModel {
    readonly Identifier: string | readonly string[] | null;
    readonly Generation: string;
  }
  export function devices(): AppleModel[];
}
