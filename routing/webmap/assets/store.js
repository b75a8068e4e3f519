// What is selected, shown and pointed at: every view listens.
"use strict";
(() => {
  function makeStore(options) {
    const listeners = [];
    const store = {
      option: 0,
      link: 0,
      pointed: null,
      visible: options.map(() => true),
      on: (listener) => listeners.push(listener),
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
      tell();
    };
    return store;
  }

  Object.assign(cablemap, { makeStore });
})();
