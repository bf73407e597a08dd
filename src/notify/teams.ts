import type { Verdict } from '../rotation/ends';
import type { EndedRun } from './endedRun';
import { post } from './post';
import { cutTo, summaryOf } from './summary';

/** An Adaptive Card 1.4 (adaptivecards.io), of the elements that we use. */
export interface AdaptiveCard {
  type: 'AdaptiveCard';
  $schema: 'http://adaptivecards.io/schemas/adaptive-card.json';
  version: '1.4';
  /** What is read aloud, and shown where a card is not. */
  fallbackText: string;
  body: [
    {
      type: 'TextBlock';
      text: string;
      weight: 'Bolder';
      size: 'Medium';
      color: 'Good' | 'Warning' | 'Attention';
      wrap: true;
    },
    { type: 'RichTextBlock'; inlines: [{ type: 'TextRun'; text: string }] },
    { type: 'FactSet'; facts: { title: string; value: string }[] },
  ];
}

/** What a webhook of Teams' Workflows takes (learn.microsoft.com: "Create incoming webhooks with Workflows"). */
export interface TeamsMessage {
  type: 'message';
  attachments: [
    { contentType: 'application/vnd.microsoft.card.adaptive'; contentUrl: null; content: AdaptiveCard },
  ];
}

const colors: Record<Verdict, AdaptiveCard['body'][0]['color']> = {
  rotated: 'Good',
  'rolled-back': 'Warning',
  held: 'Attention',
  failed: 'Attention',
};

/** Characters of the message: Teams takes 28 KB in all. */
const messageLength = 4000;

/** The message of a run. Only a TextRun shows a text as it is: other elements read Markdown in it. */
export function teamsMessageOf(run: EndedRun): TeamsMessage {
  const { verdict, title, message, facts } = summaryOf(run);
  const content: AdaptiveCard = {
    type: 'AdaptiveCard',
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    version: '1.4',
    fallbackText: title,
    body: [
      {
        type: 'TextBlock',
        text: title,
        weight: 'Bolder',
        size: 'Medium',
        color: colors[verdict],
        wrap: true,
      },
      { type: 'RichTextBlock', inlines: [{ type: 'TextRun', text: cutTo(message, messageLength) }] },
      { type: 'FactSet', facts: facts.map(({ name, value }) => ({ title: name, value })) },
    ],
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
}

/** Posts the message of a run, also of one that was refused. @throws as {@link post} */
export function tellTeams(run: EndedRun, url: string, signal: AbortSignal): Promise<void> {
  return post({ effect: 'tell: Teams', url, body: teamsMessageOf(run) }, signal);
}
