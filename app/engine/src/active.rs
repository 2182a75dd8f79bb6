//! A translation job on its way: its article, its queue of sentences, and what the page hears of it.

use klartext_protocol::{Event, JobId, Stats};
use model_core::document::Block;
use model_core::translate::Decoded;
use model_core::{Job, Options, Translation};

use crate::article::{Article, Sentence};
use crate::crew::Crew;
use crate::gpu::Gpu;
use crate::loading::Loaded;
use crate::{memory_bytes, now, post};

/// A translation job.
pub(crate) struct Active {
    pub(crate) id: JobId,
    stage: Stage,
    /// When it was asked for.
    asked: f64,
    /// When the model began with it.
    begun: f64,
    stats: Stats,
}

enum Stage {
    /// Nothing is done yet: the blocks, and where to begin.
    Waiting(Vec<Block>, u32),
    /// Its sentences are in the queue.
    Running(Article, Box<Job>),
}

/// What has become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is more to do here.
    More,
    /// What is left is with helpers, or waits for them.
    Elsewhere,
    /// It is over, and the page knows.
    Over,
}

impl Active {
    pub(crate) fn new(id: JobId, blocks: Vec<Block>, first: u32) -> Self {
        let stage = Stage::Waiting(blocks, first);
        Self { id, stage, asked: now(), begun: 0.0, stats: Stats::default() }
    }

    /// Whether its sentences are in a model's hands.
    pub(crate) fn has_begun(&self) -> bool {
        matches!(self.stage, Stage::Running(..))
    }

    /// The reader looks at this block now.
    pub(crate) fn focus(&mut self, block: u32) {
        match &mut self.stage {
            Stage::Waiting(_, first) => *first = block,
            Stage::Running(article, queue) => queue.focus(article.first_of(block)),
        }
    }

    /// A step of the job.
    pub(crate) fn step(&mut self, loaded: &Loaded, gpu: &mut Gpu, crew: &mut Crew) -> Progress {
        if let Stage::Waiting(blocks, first) = &mut self.stage {
            let (blocks, first) = (std::mem::take(blocks), *first);
            self.begin(&blocks, first, loaded);
            return Progress::More;
        }
        let Stage::Running(article, queue) = &mut self.stage else { return Progress::Over };
        // The first sentence is this worker's own: nobody is sooner.
        let is_under_way = self.stats.first_ms > 0.0;
        if is_under_way {
            gpu.feed(self.id, queue);
        }
        let has_gpu = is_under_way && gpu.has_the_rest();
        if is_under_way && !has_gpu {
            crew.feed(self.id, queue);
        }
        let is_theirs = has_gpu && !queue.is_decoding();
        if is_theirs || !queue.has_work() {
            return if queue.is_done() { self.end() } else { Progress::Elsewhere };
        }
        let begin = now();
        let finished = queue.step(&loaded.translator);
        gpu.note_cpu(finished.iter().map(|(_, translation)| translation.source.len()).sum(), now() - begin);
        for (index, translation) in finished {
            tell(self.id, &article.sentences[index], &translation, loaded, &mut self.stats, self.asked);
        }
        if queue.is_done() { self.end() } else { Progress::More }
    }

    /// The queue of a job of which something is done.
    pub(crate) fn under_way(&self) -> Option<&Job> {
        match &self.stage {
            Stage::Running(_, queue) if self.stats.first_ms > 0.0 => Some(queue),
            _ => None,
        }
    }

    /// Takes what a helper made of a sentence.
    pub(crate) fn finish(
        &mut self,
        index: usize,
        decoded: Decoded,
        by_gpu: bool,
        loaded: &Loaded,
    ) -> Progress {
        let Stage::Running(article, queue) = &mut self.stage else { return Progress::More };
        if let Some(translation) = queue.finish(index, decoded, &loaded.translator) {
            self.stats.gpu_sentences += u32::from(by_gpu);
            tell(self.id, &article.sentences[index], &translation, loaded, &mut self.stats, self.asked);
        }
        if queue.is_done() { self.end() } else { Progress::More }
    }

    /// Takes sentences back that a helper did not translate.
    pub(crate) fn give_back(&mut self, sentences: Vec<usize>) {
        if let Stage::Running(_, queue) = &mut self.stage {
            queue.give_back(sentences);
        }
    }

    fn begin(&mut self, blocks: &[Block], first: u32, loaded: &Loaded) {
        let job = self.id;
        self.begun = now();
        let article = Article::new(blocks, &loaded.info, &loaded.translator);
        post(&Event::Outline { job, blocks: article.outline.clone() });
        for (sentence, runs) in &article.ready {
            self.stats.sentences += 1;
            post(&Event::Sentence {
                job,
                block: sentence.block,
                sentence: sentence.index,
                runs: runs.clone(),
                confidence: 1.0,
            });
        }
        let texts: Vec<String> = article.sentences.iter().map(Sentence::text).collect();
        let mut queue = loaded.translator.job(texts.iter().map(String::as_str), &Options::default());
        queue.focus(article.first_of(first));
        self.stage = Stage::Running(article, Box::new(queue));
    }

    fn end(&mut self) -> Progress {
        self.stats.total_ms = now() - self.begun;
        self.stats.memory_bytes = memory_bytes();
        post(&Event::Done { job: self.id, stats: self.stats });
        Progress::Over
    }
}

/// Tells the page of a sentence.
fn tell(
    job: JobId,
    sentence: &Sentence,
    translation: &Translation,
    loaded: &Loaded,
    stats: &mut Stats,
    asked: f64,
) {
    post(&Event::Sentence {
        job,
        block: sentence.block,
        sentence: sentence.index,
        runs: sentence.carry(translation, &loaded.translator),
        confidence: translation.confidence(),
    });
    if stats.first_ms == 0.0 {
        stats.first_ms = now() - asked;
    }
    stats.sentences += 1;
    stats.words += sentence.text().split_whitespace().count() as u32;
}
