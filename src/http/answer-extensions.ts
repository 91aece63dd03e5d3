import type { ApolloServerPlugin } from '@apollo/server';

/** The context of an operation, which gathers what is to be said beside data and errors. */
export interface ExtensionsSource {
  answerExtensions(): Promise<object>;
}

/** Adds `extensions` to an answer, also to one with errors; most answers have none. */
export function answerExtensions(): ApolloServerPlugin<ExtensionsSource> {
  return {
    async requestDidStart() {
      return {
        async willSendResponse({ contextValue, response }) {
          if (response.body.kind !== 'single') return;
          const extensions = await contextValue.answerExtensions();
          if (Object.keys(extensions).length === 0) return;
          const { singleResult } = response.body;
          singleResult.extensions = { ...singleResult.extensions, ...extensions };
        },
      };
    },
  };
}
