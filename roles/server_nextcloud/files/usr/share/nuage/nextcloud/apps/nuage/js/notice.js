// SPDX-License-Identifier: AGPL-3.0-or-later
document.addEventListener('DOMContentLoaded', () => {
  const holder = document.getElementById('initial-state-nuage-notices')
  if (!holder) {
    return
  }
  const notices = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(holder.value), (letter) => letter.charCodeAt(0))))
  const box = document.createElement('div')
  box.id = 'nuage-notices'
  for (const notice of notices) {
    const line = document.createElement('p')
    line.className = notice.level === 'error' ? 'nuage-notice nuage-notice--error' : 'nuage-notice'
    line.setAttribute('role', notice.level === 'error' ? 'alert' : 'status')
    line.textContent = notice.text
    box.append(line)
  }
  document.body.append(box)
})
