// What happens on the page: clicks and forms go to the simulated Slack, and whatever changes there is shown at once.
// Everything that is inserted was escaped where it was made.
const { user, place } = document.body.dataset;
const dialog = document.getElementById('dialog');
const asking = document.getElementById('asking');
const toast = document.getElementById('toast');
let stamp = null;
let fetching = false;
let again = false;

const post = async (path, body) => {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return response.json();
};

/** What stands in the fields beneath `root`: block → action → value. */
const filledIn = (root) => {
  const filled = {};
  for (const field of root.querySelectorAll('[data-field]')) {
    const { block, action } = field.dataset;
    filled[block] = { ...filled[block], [action]: valueIn(field) };
  }
  return filled;
};

const valueIn = (field) => {
  const checked = () => [...field.querySelectorAll('input:checked')].map((box) => box.value);
  switch (field.dataset.field) {
    case 'many':
      return checked();
    case 'radio':
      return checked()[0] ?? '';
    case 'moment':
      return field.value === '' ? '' : String(Date.parse(`${field.value}Z`) / 1000);
    case 'external':
      return field.dataset.chosen;
    default:
      return field.value;
  }
};

const say = (text) => {
  const trouble = dialog.open ? dialog.querySelector('.trouble') : null;
  const where = trouble ?? toast;
  where.textContent = text;
  if (!trouble) {
    toast.hidden = false;
    clearTimeout(say.timer);
    say.timer = setTimeout(() => {
      toast.hidden = true;
    }, 6000);
  }
};

const perform = async (deed) => {
  document.body.setAttribute('aria-busy', 'true');
  try {
    const done = await post(`/people/${user}/do`, deed);
    if (!done.ok) say(done.problem);
  } catch {
    say('The simulated Slack does not answer.');
  } finally {
    document.body.removeAttribute('aria-busy');
  }
  await refresh();
};

/** Asks in Slack's way before a button with a confirmation does anything. */
const confirmed = (control) => {
  if (!control.dataset.confirm) return Promise.resolve(true);
  const { title, text, confirm, deny, danger } = JSON.parse(control.dataset.confirm);
  asking.querySelector('h2').textContent = title;
  asking.querySelector('p').textContent = text;
  const [no, yes] = asking.querySelectorAll('button');
  no.textContent = deny;
  yes.textContent = confirm;
  yes.classList.toggle('danger', danger);
  yes.classList.toggle('primary', !danger);
  asking.showModal();
  return new Promise((settle) => {
    asking.onclose = () => settle(asking.returnValue === 'yes');
    asking.returnValue = '';
  });
};

/** Where a control stands: in a message, or in a view. */
const placeOf = (control) => {
  const view = control.closest('[data-view]');
  if (view) return { root: view, place: { view: view.dataset.view } };
  const message = control.closest('[data-ts]');
  return { root: message, place: { channel: message.dataset.channel, ts: message.dataset.ts } };
};

const act = async (control, option) => {
  if (!(await confirmed(control))) return;
  if (control.dataset.url) window.open(control.dataset.url, '_blank', 'noopener');
  const { root, place: at } = placeOf(control);
  const { block, action } = control.dataset;
  control.setAttribute('aria-disabled', 'true');
  await perform({
    kind: 'click',
    click: { place: at, block, action, filled: filledIn(root), ...(option && { option }) },
  });
  control.removeAttribute('aria-disabled');
};

document.addEventListener('click', (event) => {
  const control = event.target.closest('button, [data-offer]');
  if (!control || control.closest('#asking') || control.getAttribute('aria-disabled') === 'true') return;
  const form = control.closest('form.modal');
  if (control.dataset.close)
    void perform({ kind: 'close', view: form.dataset.view, all: control.dataset.close === 'all' });
  else if (control.dataset.shortcut) {
    const message = control.closest('[data-ts]');
    const at = message && { channel: message.dataset.channel, ts: message.dataset.ts };
    void perform({ kind: 'shortcut', callbackId: control.dataset.shortcut, ...(at && { message: at }) });
  } else if (control.dataset.offer) choose(control);
  else if (control.tagName === 'BUTTON' && 'acts' in control.dataset) void act(control);
});

document.addEventListener('change', (event) => {
  const menu = event.target.closest('[data-overflow]');
  if (menu) {
    const option = menu.value;
    menu.value = '';
    if (option) void act(menu, option);
    return;
  }
  const field = event.target.closest('[data-field][data-acts]');
  if (field && !field.matches('.external')) void act(field);
  if (event.target.id === 'who') location.href = `/people/${event.target.value}/${place}`;
});

document.addEventListener('submit', (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.matches('.composer')) {
    const { value } = form.elements.text;
    if (value.trim() === '') return;
    form.elements.text.value = '';
    void perform({ kind: 'type', channel: form.dataset.channel, text: value });
  } else if (form.matches('.modal')) void perform({ kind: 'submit', view: form.dataset.view, filled: filledIn(form) });
});

// Escape closes a modal as its button does, so that the app is told.
dialog.addEventListener('cancel', (event) => {
  event.preventDefault();
  const form = dialog.querySelector('form');
  if (form) void perform({ kind: 'close', view: form.dataset.view });
});
for (const button of asking.querySelectorAll('button'))
  button.addEventListener('click', () => asking.close(button.value));

/** External menus: the app is asked for each text that is typed. */
document.addEventListener('input', async (event) => {
  const field = event.target.closest('.external');
  if (!field) return;
  const offers = field.querySelector('.offers');
  const { block, action } = field.dataset;
  const view = field.closest('[data-view]').dataset.view;
  const { options } = await post(`/people/${user}/suggest`, { view, block, action, value: event.target.value });
  offers.replaceChildren(
    ...options.map((option) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.setAttribute('role', 'option');
      button.dataset.offer = JSON.stringify(option);
      button.textContent = option.text.text;
      return button;
    }),
  );
  offers.hidden = false;
});
const choose = (offer) => {
  const field = offer.closest('.external');
  field.dataset.chosen = offer.dataset.offer;
  field.querySelector('input').value = offer.textContent;
  field.querySelector('.offers').hidden = true;
  if ('acts' in field.dataset) void act(field);
};

const focusOf = () => {
  const { block, action } = document.activeElement?.closest('[data-block]')?.dataset ?? {};
  const { selectionStart } = document.activeElement ?? {};
  return { block, action, selectionStart };
};
const restoreFocus = (root, { block, action, selectionStart }) => {
  if (block === undefined) return;
  const control = [...root.querySelectorAll('[data-block]')].find(
    (one) => one.dataset.block === block && one.dataset.action === action,
  );
  control?.focus();
  if (typeof selectionStart === 'number' && control?.matches('textarea, input[type=text]'))
    control.setSelectionRange(selectionStart, selectionStart);
};

/** Replaces what differs; what somebody is typing stays. */
const put = (element, next) => {
  if (element.dataset.shown === next) return;
  const typed = element.querySelector('.composer input');
  const focused = typed !== null && document.activeElement === typed;
  const log = element.querySelector('.messages');
  const atEnd = !log || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const top = log?.scrollTop;
  element.innerHTML = next;
  element.dataset.shown = next;
  const field = element.querySelector('.composer input');
  if (typed && field) field.value = typed.value;
  if (focused) field?.focus();
  const list = element.querySelector('.messages');
  if (list) list.scrollTop = atEnd ? list.scrollHeight : top;
};

const showModal = (modal) => {
  if (modal?.stamp === stamp) return;
  const focus = focusOf();
  const same = stamp !== null && modal?.stamp.split(' ')[0] === stamp.split(' ')[0];
  stamp = modal?.stamp ?? null;
  if (!modal) {
    dialog.close();
    dialog.replaceChildren();
    return;
  }
  const top = dialog.querySelector('.blocks')?.scrollTop ?? 0;
  dialog.innerHTML = modal.html;
  if (!dialog.open) dialog.showModal();
  if (same) {
    restoreFocus(dialog, focus);
    dialog.querySelector('.blocks').scrollTop = top;
  }
  dialog.querySelector('.error')?.scrollIntoView({ block: 'nearest' });
};

/** A channel with something newer than what was last seen in it is bold. */
const markUnread = () => {
  for (const link of document.querySelectorAll('#sidebar a[data-latest]')) {
    const key = `seen ${user} ${link.dataset.place}`;
    if (link.dataset.place === place) localStorage.setItem(key, link.dataset.latest);
    link.classList.toggle('unread', link.dataset.latest > (localStorage.getItem(key) ?? ''));
  }
};

const refresh = async () => {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      const form = dialog.querySelector('form.modal');
      const screen = await post(`/people/${user}/screen`, {
        place,
        ...(form && { view: form.dataset.view, filled: filledIn(form) }),
      });
      document.title = `${screen.title} · simulated Slack`;
      put(document.getElementById('sidebar'), screen.sidebar);
      put(document.getElementById('main'), screen.main);
      showModal(screen.modal);
      markUnread();
      showLinked();
    } while (again);
  } finally {
    fetching = false;
  }
};

const live = new EventSource(`/people/${user}/live`);
/** A link to one message: shown and marked, once. */
const showLinked = () => {
  const linked = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (!linked) return;
  linked.classList.add('linked');
  linked.scrollIntoView({ block: 'center' });
  history.replaceState(null, '', location.pathname);
};

live.onmessage = () => void refresh();
live.onopen = () => void refresh();
addEventListener('pagehide', () => live.close());
if (place === 'home') void perform({ kind: 'home' });
else void refresh();
