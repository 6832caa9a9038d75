//! Which processors the writer's two threads run on.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// With so many processors or more Linux looks for an idle one by itself. With fewer it often lets a thread that is
/// woken wait behind the one that woke it, while another processor has nothing to do.
const ENOUGH: usize = 4;

/// With so many jobs at once the two threads are both at work.
const MANY: usize = 8;

/// With so few they take turns, and either is better off wherever there is room.
const FEW: usize = 2;

/// The part of the work that a thread does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// The writer's.
    Judging,
    /// The scribe's.
    Writing,
}

/// A thread's processors.
pub(super) struct Processors {
    /// Those that it may have; and those that the other part does not use, where there are two or three.
    sets: Option<(CpuSet, CpuSet)>,
    apart: bool,
}

impl Processors {
    /// The calling thread's, which does this part. Only this thread may use it.
    pub fn of(part: Part) -> Processors {
        let sets = sched_getaffinity(None).ok().and_then(|all| own(&all, part).map(|own| (all, own)));
        Processors { sets, apart: false }
    }

    /// While there is much to do the thread keeps off the processors of the other part.
    pub fn suit(&mut self, jobs: usize) {
        if jobs >= MANY {
            self.keep_apart(true);
        } else if jobs <= FEW {
            self.keep_apart(false);
        }
    }

    fn keep_apart(&mut self, apart: bool) {
        if self.apart == apart {
            return;
        }
        let Some((all, own)) = &self.sets else { return };
        // Where it is refused, both parts have all.
        let _refused = sched_setaffinity(None, if apart { own } else { all });
        self.apart = apart;
    }
}

/// A part's own processors.
fn own(allowed: &CpuSet, part: Part) -> Option<CpuSet> {
    let all: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|processor| allowed.is_set(*processor)).collect();
    if !(2..ENOUGH).contains(&all.len()) {
        return None;
    }
    let (writing, judging) = all.split_at(1);
    let mut own = CpuSet::new();
    let of_part = if part == Part::Writing { writing } else { judging };
    of_part.iter().for_each(|processor| own.set(*processor));
    Some(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(processors: &[usize]) -> CpuSet {
        let mut set = CpuSet::new();
        processors.iter().for_each(|processor| set.set(*processor));
        set
    }

    #[test]
    fn of_two_or_three_processors_the_scribe_has_one_and_the_writer_the_rest() {
        let both = |allowed: &[usize]| [Part::Judging, Part::Writing].map(|part| own(&set(allowed), part));
        assert_eq!(both(&[0, 1]), [Some(set(&[1])), Some(set(&[0]))]);
        assert_eq!(both(&[2, 5, 7]), [Some(set(&[5, 7])), Some(set(&[2]))]);
        assert_eq!(both(&[3]), [None, None]);
        assert_eq!(both(&[0, 1, 2, 3]), [None, None]);
    }

    #[test]
    fn a_thread_has_all_its_processors_again_when_there_is_little_to_do() {
        let own_thread = std::thread::spawn(|| {
            let all = sched_getaffinity(None).unwrap();
            let mut processors = Processors::of(Part::Writing);
            processors.suit(MANY);
            let busy = sched_getaffinity(None).unwrap();
            processors.suit(FEW + 1);
            assert_eq!(sched_getaffinity(None).unwrap(), busy);
            processors.suit(FEW);
            assert_eq!(sched_getaffinity(None).unwrap(), all);
            assert_eq!(busy, own(&all, Part::Writing).unwrap_or(all));
        });
        own_thread.join().unwrap();
    }
}
