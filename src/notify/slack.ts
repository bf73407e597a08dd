import type { EndedRun } from './endedRun';
import { post } from './post';
import { cutTo, summaryOf } from './summary';
import type { Verdict } from '../rotation/ends';

/** A text of Slack's Block Kit. */
interface SlackText<Type extends string> {
  type: Type;
  text: string;
}

/** What an incoming webhook of Slack takes (docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
export interface SlackMessage {
  /** For notifications, and for clients without blocks. */
  text: string;
  blocks: [
    { type: 'header'; text: SlackText<'plain_text'> },
    { type: 'section'; text: SlackText<'mrkdwn'>; fields: SlackText<'mrkdwn'>[] },
  ];
}

const marks: Record<Verdict, string> = {
  rotated: ':white_check_mark:',
  'rolled-back': ':leftwards_arrow_with_hook:',
  held: ':pause_button:',
  failed: ':x:',
};

/** Slack's limits of a header and of a section's text, in UTF-16 units. */
const [headerLength, sectionLength] = [150, 3000];

/** The message of a run. */
export function slackMessageOf(run: EndedRun): SlackMessage {
  const { verdict, title, message, facts } = summaryOf(run);
  return {
    text: escaped(`${title}. ${message}`),
    blocks: [
      {
        type: 'header',
        text: { type: 'plain_text', text: cutTo(`${marks[verdict]} ${title}`, headerLength) },
      },
      {
        type: 'section',
        text: {
          type: 'mrkdwn',
          text: escaped(cutTo(message, sectionLength, (part) => escaped(part).length)),
        },
        fields: facts.map(({ name, value }) => ({
          type: 'mrkdwn',
          text: `*${name}*\n${escaped(value)}`,
        })),
      },
    ],
  };
}

/** The three characters that Slack reads as its own (docs.slack.dev/messaging/formatting-message-text#escaping). */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Posts the message of a run, also of one that was refused. @throws as {@link post} */
export function tellSlack(run: EndedRun, url: string, signal: AbortSignal): Promise<void> {
  return post({ effect: 'tell: Slack', url, body: slackMessageOf(run) }, signal);
}
