<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

declare(strict_types=1);

namespace OCA\Nuage\Listener;

use OCA\Nuage\AppInfo\Application;
use OCA\Nuage\Space;
use OCP\AppFramework\Http\Events\BeforeTemplateRenderedEvent;
use OCP\AppFramework\Services\IInitialState;
use OCP\EventDispatcher\Event;
use OCP\EventDispatcher\IEventListener;
use OCP\IAppConfig;
use OCP\IL10N;
use OCP\Util;

/**
 * A line above every page when the municipality's disk fills up, or when the municipality leaves.
 *
 * @template-implements IEventListener<BeforeTemplateRenderedEvent>
 */
final class Notice implements IEventListener
{
    public function __construct(
        private readonly IInitialState $state,
        private readonly IAppConfig $config,
        private readonly IL10N $l10n,
    ) {
    }

    public function handle(Event $event): void
    {
        if (!$event instanceof BeforeTemplateRenderedEvent || !$event->isLoggedIn()) {
            return;
        }
        $notices = [...$this->leaving(), ...$this->space(Space::read())];
        if ($notices === []) {
            return;
        }
        $this->state->provideInitialState('notices', $notices);
        Util::addScript(Application::ID, 'notice');
        Util::addStyle(Application::ID, 'notice');
    }

    /** @return list<array{level: string, text: string}> */
    private function leaving(): array
    {
        $until = $this->config->getValueString(Application::ID, 'leaving_until');
        if ($until === '') {
            return [];
        }
        $text = $this->l10n->t('This Nextcloud can only be read, until %s. Download what you want to keep.', [$until]);
        return [['level' => 'warning', 'text' => $text]];
    }

    /** @return list<array{level: string, text: string}> */
    private function space(?Space $space): array
    {
        if ($space === null || !$space->is_nearly_full()) {
            return [];
        }
        if ($space->is_full()) {
            $text = $this->l10n->t('Your municipality’s space is full: nothing more can be added. Delete files you no longer need and empty the trash bin, or ask your administrator for more space.');
            return [['level' => 'error', 'text' => $text]];
        }
        $text = $this->l10n->t('Your municipality’s space is almost full (%d %%). Delete files you no longer need and empty the trash bin, or ask your administrator for more space.', [$space->percent()]);
        return [['level' => 'warning', 'text' => $text]];
    }
}
