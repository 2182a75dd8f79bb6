//! The reader's hand on a download: pause, go on, call off.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::task::Waker;

/// What the reader wants of a download.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Wish {
    /// Go on.
    #[default]
    Run,
    /// Ask for nothing more until told to go on.
    Pause,
    /// Stop. The download ends with [`Error::Cancelled`](crate::Error::Cancelled).
    Cancel,
}

/// A handle on a download. Clones are the same handle.
#[derive(Clone, Debug, Default)]
pub struct Control(Rc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    wish: Cell<Wish>,
    waker: RefCell<Option<Waker>>,
}

impl Control {
    /// A handle on a download that may run.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Says what the download shall do. After [`Wish::Cancel`] nothing else is heard.
    pub fn set(&self, wish: Wish) {
        if self.0.wish.get() == Wish::Cancel {
            return;
        }
        self.0.wish.set(wish);
        if let Some(waker) = self.0.waker.take() {
            waker.wake();
        }
    }

    /// What the download shall do.
    #[must_use]
    pub fn wish(&self) -> Wish {
        self.0.wish.get()
    }

    /// Whoever waits is woken once by the next [`set`](Self::set).
    pub fn wake(&self, waker: &Waker) {
        self.0.waker.replace(Some(waker.clone()));
    }
}
