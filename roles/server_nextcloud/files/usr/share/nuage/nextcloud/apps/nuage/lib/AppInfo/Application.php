<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

declare(strict_types=1);

namespace OCA\Nuage\AppInfo;

use OC\Files\Filesystem;
use OCA\Nuage\Listener\Administrators;
use OCA\Nuage\Listener\Notice;
use OCA\Nuage\Space;
use OCA\Nuage\Storage\Bounded;
use OCP\AppFramework\App;
use OCP\AppFramework\Bootstrap\IBootContext;
use OCP\AppFramework\Bootstrap\IBootstrap;
use OCP\AppFramework\Bootstrap\IRegistrationContext;
use OCP\AppFramework\Http\Events\BeforeTemplateRenderedEvent;
use OCP\Files\Storage\IStorage;
use OCP\Util;

final class Application extends App implements IBootstrap
{
    public const ID = 'nuage';

    public function __construct()
    {
        parent::__construct(self::ID);
    }

    public function register(IRegistrationContext $context): void
    {
        $context->registerEventListener(BeforeTemplateRenderedEvent::class, Notice::class);
        // By name: the app is installed before user_oidc is, or without it.
        $context->registerEventListener('OCA\\UserOIDC\\Event\\AttributeMappedEvent', Administrators::class);
    }

    public function boot(IBootContext $context): void
    {
        // Not in `register`: hooks of that time are forgotten.
        Util::connectHook('OC_Filesystem', 'preSetup', self::class, 'bound');
    }

    /** What Nextcloud calls free is what the pool of all municipalities has; this one's limit is what counts. */
    public static function bound(): void
    {
        Filesystem::addStorageWrapper(self::ID, static function (string $mount, IStorage $storage): IStorage {
            if (!$storage->instanceOfStorage(\OCP\Files\IHomeStorage::class)
                && !$storage->instanceOfStorage(\OC\Files\Storage\Local::class)) {
                return $storage;
            }
            return new Bounded(['storage' => $storage, 'space' => Space::read()]);
        }, -10);
    }
}
