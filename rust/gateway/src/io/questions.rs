//! What the data plane can't know by itself and asks whoever runs it: fresh keys of a token issuer, or
//! what the issuer says of an opaque token. Bounded in number and in time; no answer is a refusal.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

/// Questions that are open at one time; a further one is not asked.
const OPEN_MAX: usize = 1_000;
/// How long an answer is waited for.
pub const ANSWER_WITHIN: Duration = Duration::from_secs(5);

type Answer = Option<Vec<u8>>;

/// Questions on their way to whoever answers them, and answers on their way back.
#[derive(Default)]
pub struct Questions {
    open: Mutex<Open>,
    asked: Condvar,
    next: AtomicU64,
}

#[derive(Default)]
struct Open {
    /// Not yet taken.
    waiting: VecDeque<(u64, Vec<u8>)>,
    /// Not yet answered.
    answers: HashMap<u64, oneshot::Sender<Answer>>,
}

impl Questions {
    /// Asks, and waits for the answer for at most as long. `None`: there is none.
    pub async fn ask(&self, question: Vec<u8>, within: Duration) -> Answer {
        let (sender, receiver) = oneshot::channel();
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        {
            let mut open = self.open();
            if open.answers.len() >= OPEN_MAX {
                return None;
            }
            open.answers.insert(id, sender);
            open.waiting.push_back((id, question));
        }
        self.asked.notify_one();
        let _forget = Forget {
            questions: self,
            id,
        };
        timeout(within, receiver).await.ok()?.ok()?
    }

    /// Takes the next question; blocks for at most as long. `None`: there is none yet.
    pub fn take(&self, within: Duration) -> Option<(u64, Vec<u8>)> {
        let waited = self
            .asked
            .wait_timeout_while(self.open(), within, |open| open.waiting.is_empty());
        let (mut open, _) = waited.unwrap_or_else(PoisonError::into_inner);
        open.waiting.pop_front()
    }

    /// Answers a question; `false`: nobody waits for the answer any more.
    pub fn answer(&self, id: u64, answer: Answer) -> bool {
        let sender = self.open().answers.remove(&id);
        sender.is_some_and(|sender| sender.send(answer).is_ok())
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// However the asking ends, the question goes with it: a peer that leaves holds no place.
struct Forget<'a> {
    questions: &'a Questions,
    id: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        let mut open = self.questions.open();
        open.answers.remove(&self.id);
        open.waiting.retain(|(id, _)| *id != self.id);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn a_question_is_answered() {
        let questions = Arc::new(Questions::default());
        let answering = questions.clone();
        let thread = std::thread::spawn(move || {
            let (id, question) = answering.take(Duration::from_secs(60)).unwrap();
            assert_eq!(question, b"who?");
            assert!(answering.answer(id, Some(b"alice".to_vec())));
            assert!(!answering.answer(id, None));
        });
        assert_eq!(
            questions
                .ask(b"who?".to_vec(), ANSWER_WITHIN)
                .await
                .as_deref(),
            Some(&b"alice"[..])
        );
        thread.join().unwrap();
        assert_eq!(questions.take(Duration::ZERO), None);
    }

    #[tokio::test]
    async fn without_an_answer_there_is_an_end() {
        let questions = Questions::default();
        assert_eq!(
            questions
                .ask(b"who?".to_vec(), Duration::from_millis(1))
                .await,
            None
        );
        assert_eq!(questions.take(Duration::ZERO), None);
        assert!(questions.open().answers.is_empty());
    }

    #[tokio::test]
    async fn whoever_leaves_holds_no_place_and_there_are_not_more_than_that() {
        let questions = Questions::default();
        let mut asking: Vec<_> = (0..OPEN_MAX)
            .map(|_| Box::pin(questions.ask(Vec::new(), ANSWER_WITHIN)))
            .collect();
        for it in &mut asking {
            let polled = std::future::poll_fn(|context| {
                std::task::Poll::Ready(it.as_mut().poll(context).is_ready())
            });
            assert!(!polled.await);
        }
        assert_eq!(questions.ask(Vec::new(), ANSWER_WITHIN).await, None);
        asking.pop();
        assert_eq!(questions.open().answers.len(), OPEN_MAX - 1);
        assert_eq!(questions.open().waiting.len(), OPEN_MAX - 1);
    }
}
