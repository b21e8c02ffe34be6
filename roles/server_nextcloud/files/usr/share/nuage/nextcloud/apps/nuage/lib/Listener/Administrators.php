<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

declare(strict_types=1);

namespace OCA\Nuage\Listener;

use OCP\EventDispatcher\Event;
use OCP\EventDispatcher\IEventListener;

/**
 * The realm's group `administrateurs` is Nextcloud's own group `admin` too. The other way is closed: a group of the
 * realm that somebody calls `admin` gives nothing.
 *
 * @template-implements IEventListener<Event>
 */
final class Administrators implements IEventListener
{
    private const OF_REALM = 'administrateurs';
    private const OF_NEXTCLOUD = 'admin';
    private const GROUPS = 'mappingGroups';

    public function handle(Event $event): void
    {
        if (!is_callable([$event, 'getAttribute']) || $event->getAttribute() !== self::GROUPS) {
            return;
        }
        $groups = json_decode((string) $event->getValue(), true);
        $groups = is_array($groups) ? array_values(array_filter($groups, is_string(...))) : [];
        $groups = array_values(array_diff($groups, [self::OF_NEXTCLOUD]));
        if (in_array(self::OF_REALM, $groups, true)) {
            $groups[] = self::OF_NEXTCLOUD;
        }
        // An empty list too: whoever lost all groups loses them here.
        $event->setValue(json_encode($groups, JSON_THROW_ON_ERROR));
    }
}
