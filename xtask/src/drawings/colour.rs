//! The palette: one set of muted pigments for all drawings, and how they are mixed.

use std::fmt;

use super::geometry::Dice;

/// A colour, as `0xrrggbb`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Colour(pub(super) u32);

impl Colour {
    /// This colour with a part of another.
    pub(super) fn mix(self, other: Self, part: f64) -> Self {
        let channel = |shift: u32| {
            let of = |colour: Self| f64::from((colour.0 >> shift) & 0xff);
            let value = of(self) + (of(other) - of(self)) * part;
            // The sum is within a byte: both ends are.
            (value.round() as u32) << shift
        };
        Self(channel(16) | channel(8) | channel(0))
    }

    /// Its side away from the light.
    pub(super) fn shade(self) -> Self {
        self.mix(Self(0x23_3b45), 0.26)
    }

    /// Its side toward the light.
    pub(super) fn light(self) -> Self {
        self.mix(Self(0xff_f8e2), 0.34)
    }

    /// The colour a little to either side, as the dice say: no two leaves are alike.
    pub(super) fn vary(self, dice: &mut Dice) -> Self {
        // Few steps, so that leaves of one colour can share an element.
        let part = dice.throw(-2.49, 2.49).round() * 0.055;
        if part < 0.0 {
            self.mix(INK, -part)
        } else {
            self.mix(Self(0xff_f3c4), part)
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [self.0 >> 16 & 0xff, self.0 >> 8 & 0xff, self.0 & 0xff];
        if bytes.iter().all(|byte| byte >> 4 == byte & 15) {
            write!(
                f,
                "#{:x}{:x}{:x}",
                bytes[0] & 15,
                bytes[1] & 15,
                bytes[2] & 15
            )
        } else {
            write!(f, "#{:06x}", self.0)
        }
    }
}

/// Outlines.
pub(super) const INK: Colour = Colour(0x2d_3f3a);
pub(super) const PAPER: Colour = Colour(0xfb_f6ea);
pub(super) const WHITE: Colour = Colour(0xff_fdf6);

pub(super) const LEAF: Colour = Colour(0x78_a55f);
pub(super) const DEEP: Colour = Colour(0x4d_8259);
pub(super) const FRESH: Colour = Colour(0xa3_c26a);
pub(super) const SILVER: Colour = Colour(0xa9_bfa5);
pub(super) const BLUE_LEAF: Colour = Colour(0x7c_a7a0);
pub(super) const OLIVE: Colour = Colour(0x8f_9e5c);
pub(super) const STEM: Colour = Colour(0x7d_9a55);

pub(super) const RED: Colour = Colour(0xcf_4a3c);
pub(super) const CRIMSON: Colour = Colour(0xb3_3951);
pub(super) const ROSE: Colour = Colour(0xe0_8a9d);
pub(super) const BLUSH: Colour = Colour(0xf3_c9c0);
pub(super) const CORAL: Colour = Colour(0xe5_7f5c);
pub(super) const ORANGE: Colour = Colour(0xe8_9440);
pub(super) const GOLD: Colour = Colour(0xf0_bd4a);
pub(super) const LEMON: Colour = Colour(0xf4_d662);
pub(super) const VIOLET: Colour = Colour(0x85_6bb0);
pub(super) const MAUVE: Colour = Colour(0xb5_95c9);
pub(super) const BLUE: Colour = Colour(0x66_8cc4);
pub(super) const NAVY: Colour = Colour(0x43_5a94);
pub(super) const WINE: Colour = Colour(0x7c_3f55);

pub(super) const CLAY: Colour = Colour(0xcf_7f58);
pub(super) const CREAM: Colour = Colour(0xf1_e6d0);
pub(super) const GLAZE: Colour = Colour(0x4b_7796);
pub(super) const TEAL: Colour = Colour(0x5b_948f);
pub(super) const MUSTARD: Colour = Colour(0xd9_a648);
pub(super) const STONE: Colour = Colour(0xb9_b7ab);
pub(super) const SLATE: Colour = Colour(0x6c_7b80);
pub(super) const STEEL: Colour = Colour(0xbc_c8cb);
pub(super) const WOOD: Colour = Colour(0xc9_9a68);
pub(super) const BARK: Colour = Colour(0x8f_6a4c);
pub(super) const EARTH: Colour = Colour(0x8a_6750);
pub(super) const COPPER: Colour = Colour(0xc8_7d55);
pub(super) const BRASS: Colour = Colour(0xd8_b35c);
pub(super) const JUTE: Colour = Colour(0xd8_c091);

/// Water, and the glass that holds it.
pub(super) const WATER: Colour = Colour(0x7f_b7cc);
pub(super) const GLASS: Colour = Colour(0xd9_ebe9);

/// The colours of a picture's background: they hold on a light page and on a dark one.
#[derive(Clone, Copy)]
pub(super) struct Tint {
    /// The wall.
    pub(super) wall: Colour,
    /// The bright arch in the wall.
    pub(super) arch: Colour,
    /// The ledge in front of it.
    pub(super) ledge: Colour,
}

pub(super) const SAGE: Tint = tint(0xd9_e4cf, 0xeb_f1e2, 0xc3_d3b6);
pub(super) const SAND: Tint = tint(0xee_e2ca, 0xf7_f0df, 0xdd_ccab);
pub(super) const BLUSHED: Tint = tint(0xf2_d9cd, 0xf9_eae1, 0xe3_c2b2);
pub(super) const SKY: Tint = tint(0xd3_e3e8, 0xe7_f0f2, 0xbc_d2d9);
pub(super) const BUTTER: Tint = tint(0xf3_e4b6, 0xf9_f1d4, 0xe4_d097);
pub(super) const LILAC: Tint = tint(0xe1_dae9, 0xef_eaf3, 0xcc_c1d8);
pub(super) const MIST: Tint = tint(0xd8_e2dd, 0xe9_f0ec, 0xc0_cfc8);

const fn tint(wall: u32, arch: u32, ledge: u32) -> Tint {
    Tint {
        wall: Colour(wall),
        arch: Colour(arch),
        ledge: Colour(ledge),
    }
}
