// The games that this server has, and what one can ask of each: read from its /v1/state, where that can be read.

const known = {
  duo: ['Two players', 'connected directly'], 'duo-relay': ['Two players', 'through the server'],
  quartet: ['Four players', 'connected directly'], 'quartet-relay': ['Four players', 'through the server'],
};
const shownMax = 12;

/** Fills the form with the server's games; with none that could be read it stays as it is. */
export class Scenes {
  #form;
  #scenes = new Map();

  constructor(form) {
    this.#form = form;
    form.addEventListener('change', () => this.#ask());
  }

  async load(chosen) {
    try {
      const answer = await fetch('/v1/state');
      if (!answer.ok) return;
      const { scenes } = await answer.json();
      this.#scenes = new Map(scenes.map((each) => [each.id, each]));
    } catch {
      return;
    }
    const shown = [...this.#scenes.values()].slice(0, shownMax);
    const first = this.#scenes.has(chosen) ? chosen : shown.find((each) => each.open)?.id;
    // What stands there already is left alone: somebody may be choosing.
    const standing = [...document.querySelectorAll('#scenes input')].map((each) => each.value);
    if (String(standing) !== String(shown.map((each) => each.id)) || shown.some((each) => !each.open)) {
      document.getElementById('scenes').replaceChildren(...shown.map((each) => choice(each, each.id === first)));
    }
    this.#ask();
  }

  /** What the form asks for, in the words of `join`. */
  get wishes() {
    const { scene, party, size, role } = this.#form.elements;
    const { partySizeMax, roles } = this.#scenes.get(scene.value) ?? {};
    return {
      party: partySizeMax && party.value.trim() ? { code: party.value.trim(), size: Number(size.value) } : undefined,
      attributes: roles && role.value ? { [roles.attribute]: role.value } : undefined,
    };
  }

  #ask() {
    const { partySizeMax, roles } = this.#scenes.get(this.#form.elements.scene.value) ?? {};
    document.getElementById('party-field').hidden = !partySizeMax;
    if (partySizeMax) this.#form.elements.size.max = partySizeMax;
    document.getElementById('role-field').hidden = !roles;
    const { role } = this.#form.elements, before = role.value;
    role.replaceChildren(new Option('Any', ''), ...(roles?.names ?? []).map((name) => new Option(name)));
    if (roles?.names.includes(before)) role.value = before;
  }
}

function choice({ id, groupSize, open, confirm, treatments, rules }, checked) {
  const [name, detail] = known[id] ?? [id, [
    `${groupSize} players`, rules.includes('parties') && 'parties', rules.includes('roles') && 'roles', treatments > 0 && 'conditions',
    confirm && 'asks “still there?”', !open && 'closed at the moment',
  ].filter(Boolean).join(' · ')];
  const label = document.createElement('label'), input = document.createElement('input'), text = document.createElement('span');
  Object.assign(input, { type: 'radio', name: 'scene', value: id, checked, disabled: !open });
  const bold = document.createElement('b');
  bold.textContent = name;
  text.append(bold, ` ${detail}`);
  label.append(input, text);
  return label;
}
