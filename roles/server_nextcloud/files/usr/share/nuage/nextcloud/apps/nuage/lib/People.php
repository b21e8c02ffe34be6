<?php
// SPDX-License-Identifier: AGPL-3.0-or-later

declare(strict_types=1);

namespace OCA\Nuage;

use OCA\UserOIDC\Db\Provider;
use OCA\UserOIDC\Db\ProviderMapper;
use OCP\AppFramework\Utility\ITimeFactory;
use OCP\Http\Client\IClientService;
use OCP\IConfig;
use OCP\IDBConnection;
use OCP\IUserManager;
use OCP\Security\ICrypto;
use OCP\Server;

/**
 * Keeps out whom the realm keeps out. Sessions of the browser end by themselves; passwords that people made here for
 * programs ask nobody, and would go on.
 */
final class People
{
    private const OURS = 'nuage';
    private const KEPT_OUT = 'kept_out';
    /** Seconds after which the realm's list is too old to be believed: nobody is kept out by a server that stopped. */
    private const OLDEST = 900;

    public function __construct(
        private readonly IConfig $config,
        private readonly ICrypto $crypto,
        private readonly IClientService $clients,
        private readonly IDBConnection $database,
        private readonly ITimeFactory $time,
        private readonly IUserManager $users,
    ) {
    }

    /**
     * @return array{out: int, in: int} how many were kept out, and let in again
     * @throws \RuntimeException the realm's list can't be read
     */
    public function bring(): array
    {
        $done = ['out' => 0, 'in' => 0];
        $provider = $this->provider();
        if ($provider === null) {
            return $done;
        }
        $in = array_flip($this->listed($provider));
        foreach ($this->of_realm() as $name) {
            $user = $this->users->get($name);
            if ($user === null) {
                continue;
            }
            if (!isset($in[$name]) && $user->isEnabled()) {
                $this->config->setUserValue($name, self::OURS, self::KEPT_OUT, '1');
                $user->setEnabled(false);
                ++$done['out'];
            } elseif (isset($in[$name]) && $this->config->getUserValue($name, self::OURS, self::KEPT_OUT) === '1') {
                // Only whom we kept out: an administrator of Nextcloud may have reasons of their own.
                $user->setEnabled(true);
                $this->config->deleteUserValue($name, self::OURS, self::KEPT_OUT);
                ++$done['in'];
            }
        }
        return $done;
    }

    private function provider(): ?Provider
    {
        if (!class_exists(ProviderMapper::class)) {
            return null;
        }
        foreach (Server::get(ProviderMapper::class)->getProviders() as $provider) {
            if ($provider->getIdentifier() === self::OURS) {
                return $provider;
            }
        }
        return null;
    }

    /** @return list<string> numbers of who is in, who are people's names here */
    private function listed(Provider $provider): array
    {
        if (preg_match('~^(https://[^/]+)/realms/([0-9]{5})/~', $provider->getDiscoveryEndpoint(), $found) !== 1) {
            throw new \RuntimeException('the identity provider is no realm');
        }
        [, $server, $realm] = $found;
        $seal = hash_hmac('sha256', "nuage-people/$realm", $this->crypto->decrypt($provider->getClientSecret()));
        try {
            $body = (string) $this->clients->newClient()
                ->get("$server/nuage-people/$realm-$seal.json", ['timeout' => 20])
                ->getBody();
        } catch (\Exception $error) {
            // Its message has the address, which is a secret.
            throw new \RuntimeException('the realm said nothing of its people: ' . $error::class);
        }
        $said = json_decode($body, true);
        if (!is_array($said) || !is_int($said['at'] ?? null) || !is_array($said['in'] ?? null)) {
            throw new \RuntimeException('the realm\'s list of its people is none');
        }
        if (abs($this->time->getTime() - $said['at']) > self::OLDEST) {
            throw new \RuntimeException('the realm\'s list of its people is old');
        }
        return array_values(array_filter($said['in'], is_string(...)));
    }

    /** @return list<string> */
    private function of_realm(): array
    {
        $query = $this->database->getQueryBuilder();
        $result = $query->select('user_id')->from('user_oidc')->executeQuery();
        $names = array_map(strval(...), $result->fetchFirstColumn());
        $result->closeCursor();
        return $names;
    }
}
