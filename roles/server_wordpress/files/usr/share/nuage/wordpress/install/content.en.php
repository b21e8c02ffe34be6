<?php
// SPDX-License-Identifier: AGPL-3.0-or-later
// Starter pages in English. They promise nothing that a municipality would have to take back.

declare(strict_types=1);

$pages = [];

$pages['home'] = ['title' => 'Home', 'slug' => 'home', 'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>Here you will find your municipality’s public notices, council meetings and contact details.</p>
<!-- /wp:paragraph -->
HTML];

$pages['notices'] = ['title' => 'Public notices', 'slug' => 'public-notices', 'excerpt' => 'The municipality’s notices, by-laws and official announcements.', 'content' => ''];

$pages['council'] = ['title' => 'Council meetings', 'slug' => 'council-meetings', 'excerpt' => 'Calendar, agendas and minutes.', 'content' => <<<'HTML'
<!-- wp:paragraph {"fontSize":"medium"} -->
<p>Meetings of the municipal council are public. Each includes a question period during which anyone present may address the members of the council.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Calendar of regular meetings</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>The council sets the calendar of its regular meetings before each year begins: the clerk’s office will publish it here.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Agendas and minutes</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>The documents of each meeting will be added here, the latest first. To obtain a document that is not here, write to the municipality.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Special meetings</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Special meetings are announced among the public notices.</p>
<!-- /wp:paragraph -->
HTML];

$pages['contact'] = ['title' => 'Contact us', 'slug' => 'contact-us', 'excerpt' => 'Telephone, email and answers to your questions.', 'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>A question about a service, a by-law or a public notice? Get in touch with the municipality.</p>
<!-- /wp:paragraph -->

<!-- wp:shortcode -->
[nuage_coordonnees]
<!-- /wp:shortcode -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Your personal information</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>To consult or correct the information that the municipality holds about you, see <a href="/protection-of-personal-information/">Protection of personal information</a>.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Emergency</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>If someone’s life or safety is at risk, dial <a href="tel:911">9-1-1</a>.</p>
<!-- /wp:paragraph -->
HTML];

$pages['privacy'] = [
    'title' => 'Protection of personal information',
    'slug' => 'protection-of-personal-information',
    'excerpt' => 'Your rights, and whom to ask.',
    'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>The municipality protects the personal information that it holds, as the <em>Act respecting Access to documents held by public bodies and the Protection of personal information</em> (CQLR, chapter A-2.1), amended by Law 25, requires.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Person in charge</h2>
<!-- /wp:heading -->

<!-- wp:shortcode -->
[nuage_vie_privee]
<!-- /wp:shortcode -->

<!-- wp:heading -->
<h2 class="wp-block-heading">What this site collects</h2>
<!-- /wp:heading -->

<!-- wp:list -->
<ul class="wp-block-list"><!-- wp:list-item -->
<li>The site sets no cookie when you read it. Only the people who write it receive one, to sign in.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>It has no audience measurement and no advertising, and makes your browser load nothing from elsewhere.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>The server records the requests that it receives (IP address, time, page) for a limited time, to keep the site secure.</li>
<!-- /wp:list-item --></ul>
<!-- /wp:list -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Your rights</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>You may ask to consult the information that the municipality holds about you, to have it corrected, or to receive a copy. Send a written request to the person in charge, who must answer within the time that the law sets.</p>
<!-- /wp:paragraph -->

<!-- wp:paragraph -->
<p>If the answer does not satisfy you, you may ask the Commission d’accès à l’information du Québec for a review, or file a complaint there.</p>
<!-- /wp:paragraph -->
HTML];

$pages['accessibility'] = ['title' => 'Accessibility', 'slug' => 'accessibility', 'excerpt' => 'What we aim for, and how to report an obstacle.', 'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>The municipality wants everyone to be able to read this site, whatever their device or their way of reading.</p>
<!-- /wp:paragraph -->

<!-- wp:heading -->
<h2 class="wp-block-heading">What we aim for</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>The site’s template aims for level AA of the Web Content Accessibility Guidelines (WCAG) 2.2.</p>
<!-- /wp:paragraph -->

<!-- wp:list -->
<ul class="wp-block-list"><!-- wp:list-item -->
<li>Every page can be used with a keyboard.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>Text can be enlarged, and colours follow your device’s light or dark theme.</li>
<!-- /wp:list-item -->

<!-- wp:list-item -->
<li>Headings, menus and forms are announced to screen readers.</li>
<!-- /wp:list-item --></ul>
<!-- /wp:list -->

<!-- wp:heading -->
<h2 class="wp-block-heading">Report an obstacle</h2>
<!-- /wp:heading -->

<!-- wp:paragraph -->
<p>Is a document or a page hard to use? Tell us: we will send you the information in another form.</p>
<!-- /wp:paragraph -->

<!-- wp:shortcode -->
[nuage_coordonnees]
<!-- /wp:shortcode -->
HTML];

$pages['model'] = [
    'title' => 'Model: public notice',
    'slug' => 'model-public-notice',
    'type' => 'post',
    'status' => 'draft',
    'content' => <<<'HTML'
<!-- wp:paragraph -->
<p>Public notice is given by the undersigned, [name and function], that [purpose of the notice].</p>
<!-- /wp:paragraph -->

<!-- wp:paragraph -->
<p>[Where and when documents may be consulted, how to object or be heard.]</p>
<!-- /wp:paragraph -->

<!-- wp:paragraph -->
<p>Given at [place], on [date].</p>
<!-- /wp:paragraph -->
HTML];

return [
    'pages' => $pages,
    'category' => ['name' => 'Public notices', 'slug' => 'notices'],
    'menus' => [
        'primary' => ['name' => 'Main menu', 'items' => ['home', 'notices', 'council', 'contact']],
        'footer' => ['name' => 'Footer', 'items' => ['contact', 'privacy', 'accessibility']],
    ],
];
