// What is selected, shown and pointed at: every view listens.
"use strict";
(() => {
  function makeStore(options) {
    const listeners = [];
    const watchers = [];
    const store = {
      option: 0,
      link: 0,
      pointed: null,
      visible: options.map(() => true),
      on: (listener) => listeners.push(listener),
      // Pointing passes quickly over many options: only what lights up listens.
      onPoint: (watcher) => watchers.push(watcher),
      // The option to light up while the others step back; null for none. A hidden one is not on the map.
      lit: () => (store.pointed !== null && store.visible[store.pointed] ? store.pointed : null),
    };
    const tell = () => listeners.forEach((listener) => listener(store));
    store.select = (option, link) => {
      if (store.option === option && store.link === (link || 0) && store.visible[option]) return;
      store.option = option;
      store.link = link || 0;
      store.visible[option] = true;
      tell();
    };
    store.show = (option, isVisible) => {
      store.visible[option] = isVisible;
      tell();
    };
    // The option that the pointer or the focus is on outside the map; null when on none.
    store.point = (option) => {
      if (store.pointed === option) return;
      store.pointed = option;
      watchers.forEach((watcher) => watcher(store));
    };
    return store;
  }

  // Listeners of an element that stands for an option outside the map.
  function pointing(store, option) {
    const [enter, leave] = [() => store.point(option), () => store.point(null)];
    return { mouseenter: enter, mouseleave: leave, focusin: enter, focusout: leave };
  }

  Object.assign(cablemap, { makeStore, pointing });
})();
