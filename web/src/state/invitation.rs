//! An invite from somebody else, from its link to the conversation.
//!
//! ```text
//!            look ┌──────────┐ opened      join ┌─────────┐ joined
//!  None ─────────►│ Looking  ├────────► Open ──►│ Joining ├───────► None
//!                 └────┬─────┘                  └────┬────┘
//!                      └───────► Failed ◄────────────┘   look or join again from here
//! ```

use std::rc::Rc;

use volly_core::api::ApiError;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Invitation {
    /// Nobody invites us.
    #[default]
    None,
    /// The relay is asked what is behind the link.
    Looking(Rc<str>),
    /// The inviter's name is known.
    Open(Rc<str>, Rc<str>),
    /// We have said yes; the name, if it was known by then.
    Joining(Rc<str>, Option<Rc<str>>),
    /// It did not work.
    Failed(Rc<str>, Option<Rc<str>>, ApiError),
}

/// What happens to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A link is there, opened or pasted.
    Look(Rc<str>),
    /// The inviter's name has come.
    Opened(Rc<str>),
    /// The user says yes.
    Join,
    /// Something refused.
    Refused(ApiError),
    /// The conversation is there, or the user wants none.
    Done,
}

impl Invitation {
    /// The value after a step. A step that does not fit changes nothing.
    pub(crate) fn after(&self, step: Step) -> Self {
        match (self, step) {
            (_, Step::Look(link)) => Self::Looking(link),
            (_, Step::Done) => Self::None,
            (Self::Looking(link), Step::Opened(name)) => Self::Open(Rc::clone(link), name),
            (Self::None | Self::Joining(..), Step::Join) | (Self::None, Step::Refused(_)) => {
                self.clone()
            }
            (_, Step::Join) => Self::Joining(self.link_or_empty(), self.inviter().cloned()),
            (_, Step::Refused(error)) => {
                Self::Failed(self.link_or_empty(), self.inviter().cloned(), error)
            }
            (_, Step::Opened(_)) => self.clone(),
        }
    }

    fn link_or_empty(&self) -> Rc<str> {
        self.link().cloned().unwrap_or_else(|| "".into())
    }

    /// The link or fragment.
    pub(crate) const fn link(&self) -> Option<&Rc<str>> {
        match self {
            Self::None => None,
            Self::Looking(link)
            | Self::Open(link, _)
            | Self::Joining(link, _)
            | Self::Failed(link, ..) => Some(link),
        }
    }

    /// Who invites us, once that is known.
    pub(crate) const fn inviter(&self) -> Option<&Rc<str>> {
        match self {
            Self::None | Self::Looking(_) => None,
            Self::Open(_, name) => Some(name),
            Self::Joining(_, name) | Self::Failed(_, name, _) => name.as_ref(),
        }
    }

    /// Nothing will make this invite work.
    pub(crate) const fn is_over(&self) -> bool {
        use ApiError as E;
        matches!(
            self.error(),
            Some(
                E::NotAnInvite
                    | E::OwnInvite
                    | E::InviteUsed
                    | E::InviteWithdrawn
                    | E::InviteExpired
                    | E::InviteUnknown
                    | E::InviteMismatch
            )
        )
    }

    /// Why it did not work.
    pub(crate) const fn error(&self) -> Option<ApiError> {
        if let Self::Failed(_, _, error) = self { Some(*error) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(steps: &[Step]) -> Invitation {
        steps.iter().fold(Invitation::None, |state, step| state.after(step.clone()))
    }

    #[test]
    fn the_name_survives_a_refusal_and_a_second_try() {
        let steps = [Step::Look("x".into()), Step::Opened("Mara".into()), Step::Join];
        let refused = walk(&steps).after(Step::Refused(ApiError::Offline));
        assert_eq!(refused.error(), Some(ApiError::Offline));
        assert_eq!(refused.inviter().map(AsRef::as_ref), Some("Mara"));
        let again = refused.after(Step::Join);
        assert_eq!(again, Invitation::Joining("x".into(), Some("Mara".into())));
        assert!(!again.is_over());
        assert!(again.after(Step::Refused(ApiError::InviteUsed)).is_over());
        assert_eq!(again.after(Step::Done), Invitation::None);
    }

    #[test]
    fn late_answers_change_nothing() {
        assert_eq!(walk(&[Step::Opened("Mara".into())]), Invitation::None);
        assert_eq!(walk(&[Step::Refused(ApiError::Offline)]), Invitation::None);
        let joining = walk(&[Step::Look("x".into()), Step::Join]);
        assert_eq!(joining.after(Step::Opened("Mara".into())), joining);
        assert_eq!(joining.after(Step::Join), joining);
    }
}
