<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Mail leaves by the server's sendmail, from an address of the consortium's domain.

declare(strict_types=1);

namespace Nuage\Mail;

defined('ABSPATH') || exit;

if (defined('NUAGE_MAIL_FROM')) {
    add_filter('wp_mail_from', static fn (): string => NUAGE_MAIL_FROM);
}
add_filter('wp_mail_from_name', static fn (): string => \Nuage\Site\full_name());
add_action('phpmailer_init', static function (\PHPMailer\PHPMailer\PHPMailer $mailer): void {
    $mailer->isMail();
    // The envelope's sender is set where PHP is configured.
    $mailer->Sender = '';
    $mailer->XMailer = ' ';
});
